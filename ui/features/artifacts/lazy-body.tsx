"use client";

import dynamic from "next/dynamic";
import { Loading } from "@/components/states";

/** See `body`; loaded by whoever sees one. */
export const ArtifactBody = dynamic(() => import("./body").then((body) => body.ArtifactBody), {
  ssr: false,
  loading: () => <Loading />,
});
