import { fireEvent, screen } from "@testing-library/react";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { show } from "@/test/world";
import { type Limit, LimitField } from "./limit-field";

/** The field in a form that keeps what it tells; the limits told so far. */
function held(first: Limit | null): (Limit | null)[] {
  const told: (Limit | null)[] = [];
  function Holder() {
    const [limit, setLimit] = useState(first);
    return (
      <LimitField
        value={limit}
        onChange={(next) => {
          told.push(next);
          setLimit(next);
        }}
      />
    );
  }
  show(<Holder />);
  return told;
}

const field = (label: string) => screen.getByLabelText(new RegExp(`^${label}`)) as HTMLInputElement;
const write = (label: string, value: string) =>
  fireEvent.change(field(label), { target: { value } });

describe("the limit of a tool", () => {
  it("is none while nothing is written", () => {
    const told = held(null);
    expect(field("At the same time").value).toBe("");
    expect(field("Period").disabled).toBe(true);
    write("At the same time", "3");
    write("At the same time", "");
    expect(told).toEqual([{ max_concurrent: 3, max_calls: null, per_seconds: 1 }, null]);
  });

  it("counts calls in a period", () => {
    const told = held(null);
    write("Runs in each period", "100");
    write("Period", "60");
    expect(told.at(-1)).toEqual({ max_concurrent: null, max_calls: 100, per_seconds: 60 });
    expect(field("Period").required).toBe(true);
  });

  it("shows what is there, and keeps the part that is not changed", () => {
    const told = held({ max_concurrent: 2, max_calls: 10, per_seconds: 0.5 });
    expect(field("Period").value).toBe("0.5");
    write("Runs in each period", "20");
    expect(told).toEqual([{ max_concurrent: 2, max_calls: 20, per_seconds: 0.5 }]);
    write("At the same time", "");
    expect(told.at(-1)).toEqual({ max_concurrent: null, max_calls: 20, per_seconds: 0.5 });
  });

  it("the period stays while the number of calls is written anew", () => {
    const told = held({ max_calls: 10, per_seconds: 60 });
    write("Runs in each period", "");
    write("Runs in each period", "5");
    expect(told).toEqual([null, { max_concurrent: null, max_calls: 5, per_seconds: 60 }]);
  });
});
