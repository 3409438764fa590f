import { ApiError } from "./client";

const REFUSED = 403;

/** Does what needs a signed link; if the link has run out on the way, which slow networks and wrong clocks bring about, once more with a new one. */
export async function retryExpired<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== REFUSED) throw error;
    return act();
  }
}
