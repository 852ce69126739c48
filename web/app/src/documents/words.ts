import { wordsOf } from "../words";
import { en } from "./words/en";

export const words = wordsOf(en);
export type Word = keyof typeof en;
