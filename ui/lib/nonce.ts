/** The nonce of this page, which style sheets that a library adds must carry; empty when developing. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
}
