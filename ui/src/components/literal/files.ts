import { createContext } from "react";

/** How values that lie in the object store are read; the page that shows them gives it, as components do not fetch. */
export interface Files {
  /** Bytes of an object; undefined: it is larger than `limit`. */
  read: (uri: string, limit: number, signal?: AbortSignal) => Promise<ArrayBuffer | undefined>;
  sizeOf: (uri: string, signal?: AbortSignal) => Promise<number>;
  download: (uri: string, name: string) => Promise<void>;
}

export const FilesContext = createContext<Files | undefined>(undefined);
