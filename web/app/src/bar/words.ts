import { wordsOf } from "../words";
import { en } from "./words/en";

/** The texts of the bar. */
export const b = wordsOf(en);
