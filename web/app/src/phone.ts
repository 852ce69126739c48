/** Where there is no room for two things beside each other: as the styles have it. */
export const phone = matchMedia("(max-width: 720px)");
