import { wordsOf } from "../words";
import { en } from "./words/en";

export const s = wordsOf(en);
