import { createContext, useContext } from "react";
import type { Stored } from "@/api/data/mutations";
import type { Literal, LiteralType } from "@/idl";

/** A literal that another run made, and which: "output o0 of project/domain/name". */
export interface Picked {
  literal: Literal;
  from: string;
}

/** What fields need beyond their value; whoever shows a form hands it down, since fields fetch nothing. */
export interface FormTools {
  /** Sends one file, or a folder's files, to the store. */
  upload?: (files: readonly File[], isFolder: boolean, onProgress: (share: number) => void, signal: AbortSignal) => Promise<Stored>;
  /** Lets a person choose another run's output that fits; undefined: none was chosen. */
  pickOutput?: (type: LiteralType) => Promise<Picked | undefined>;
}

export interface FormState extends FormTools {
  /** What is wrong, by path. */
  messages: ReadonlyMap<string, string>;
  isLocked: boolean;
}

export const FormContext = createContext<FormState>({ messages: new Map(), isLocked: false });

export function useForm(): FormState {
  return useContext(FormContext);
}
