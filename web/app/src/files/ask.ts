// Questions to the person that something waits for: one at a time.
import type { FolderId } from "../../../../clients/types";
import { Store } from "../store";
import type { Item } from "./model";

export type Conflict = "replace" | "both" | "skip";

export type Question =
  | {
      readonly kind: "conflict";
      readonly name: string;
      /** A new version of a file can take its place. */
      readonly replaceable: boolean;
      readonly many: boolean;
      readonly answer: (
        given: { readonly choice: Conflict; readonly all: boolean } | undefined,
      ) => void;
    }
  | {
      readonly kind: "folder";
      readonly title: string;
      readonly button: string;
      readonly items: readonly Item[];
      readonly answer: (folder: FolderId | undefined) => void;
    }
  | {
      readonly kind: "sure";
      readonly title: string;
      readonly text: string;
      readonly button: string;
      readonly answer: (is: boolean) => void;
    }
  | {
      readonly kind: "name";
      readonly title: string;
      readonly button: string;
      readonly answer: (name: string | undefined) => void;
    }
  | {
      readonly kind: "share";
      readonly item: Item;
      readonly answer: () => void;
    };

export const questions = new Store<{ readonly list: readonly Question[] }>({
  list: [],
});

type Given<K extends Question["kind"]> = Parameters<
  Extract<Question, { kind: K }>["answer"]
>[0];

/** Asks, and awaits the answer; the question goes once it is there. */
export function ask<K extends Question["kind"]>(
  question: Omit<Extract<Question, { kind: K }>, "answer">,
): Promise<Given<K>> {
  return new Promise((resolve) => {
    const one = {
      ...question,
      answer: (given: Given<K>) => {
        questions.set({
          list: questions.value.list.filter((other) => other !== one),
        });
        resolve(given);
      },
    } as unknown as Question;
    questions.set({ list: [...questions.value.list, one] });
  });
}
