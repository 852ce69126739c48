import { wordsOf } from "../words";
import { en } from "./words/en";

export const c = wordsOf(en);
