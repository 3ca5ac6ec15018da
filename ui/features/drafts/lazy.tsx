"use client";

import dynamic from "next/dynamic";

/** It brings a canvas along, which who never drafts does not need. */
export const Drafting = dynamic(() => import("./drafting").then((found) => found.Drafting), {
  ssr: false,
});
