/** The nonce that the service wrote into the page, for the few `<style>` elements that components write. */

import { setNonce } from "get-nonce";

export function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
}

/** Tells it to the scroll lock behind modal dialogs. */
export function shareNonce(): void {
  const value = nonce();
  if (value) setNonce(value);
}
