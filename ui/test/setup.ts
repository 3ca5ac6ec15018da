import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// What browsers have and jsdom has not.

class NoResizeObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

class FlatMatrix {
  readonly m22: number;

  constructor(transform?: string) {
    const scale = /scale\(([\d.]+)\)/.exec(transform ?? "")?.[1];
    this.m22 = scale === undefined ? 1 : Number(scale);
  }
}

/** Takes a path of the page too, where Node wants a whole address. */
class PageRequest extends Request {
  constructor(input: RequestInfo | URL, init?: RequestInit) {
    super(typeof input === "string" ? new URL(input, location.href) : input, init);
  }
}

function noMedia(query: string): MediaQueryList {
  return {
    matches: false,
    media: query,
    onchange: null,
    addEventListener: () => {},
    removeEventListener: () => {},
    addListener: () => {},
    removeListener: () => {},
    dispatchEvent: () => false,
  };
}

globalThis.Request = PageRequest;
globalThis.ResizeObserver ??= NoResizeObserver;
globalThis.DOMMatrixReadOnly ??= FlatMatrix as unknown as typeof DOMMatrixReadOnly;
window.matchMedia ??= noMedia;
Element.prototype.scrollIntoView ??= () => {};
Range.prototype.getClientRects ??= () => [] as unknown as DOMRectList;
Range.prototype.getBoundingClientRect ??= () => new DOMRect();
const svg = SVGElement.prototype as unknown as { getBBox?: () => object };
svg.getBBox ??= () => ({ x: 0, y: 0, width: 0, height: 0 });

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});
