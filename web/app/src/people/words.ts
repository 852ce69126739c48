import { wordsOf } from "../words";
import { en } from "./words/en";

export type PeopleKey = keyof typeof en;

/** The texts of administration. */
export const p = wordsOf(en);

export const isPeopleKey = (key: string): key is PeopleKey => key in en;
