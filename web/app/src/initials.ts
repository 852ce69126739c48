/** Of the first word and the last. */
export const initialsOf = (name: string): string => {
  const words = name.match(/[\p{L}\p{N}]\S*/gu) ?? [];
  return [words[0], words.slice(1).at(-1)]
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toUpperCase();
};
