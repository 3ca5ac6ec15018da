import { type ReactNode, useEffect, useRef } from "react";

/** The heading of a step; it takes the focus when the step begins, so that nobody is left behind. */
export function StepHeading({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h3 ref={heading} tabIndex={-1} className="mb-2 font-semibold outline-none">
      {children}
    </h3>
  );
}
