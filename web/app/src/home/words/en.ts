// The texts of the page where one begins, as words/en.ts has the others.
export const en = {
  recent: "Recent",
  recentNone: "What you open or change stands here.",
  starred: "Starred",
  starredNone: "Star what you come back to: it stands here.",
  shared: "Shared with me",
  sharedNone: "Nobody has shared anything with you yet.",
  all: "See all",
  allStarred: "See all that is starred",
  allShared: "See all that is shared with you",
  mine: "My files",
  storage: "Storage",
  used: "{used} used",
  usedOf: "{used} of {limit} used",
  by: "from {name}",
} as const;
