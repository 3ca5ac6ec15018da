import { expect, it } from "vitest";
import { inputsRead } from "./inputs-read";

it("the inputs that a request reads are found in all of its texts", () => {
  const found = inputsRead({
    url: "https://example.org/{{ inputs.symbol | upper }}",
    query: { q: "{{ inputs['from day'] }}", plain: "inputs.not_this" },
    headers: { Authorization: "Bearer {{ secrets.inputs }}" },
    json_body: [{ a: '{{ [inputs.symbol, inputs["to"], nodes.inputs.no] }}' }],
  });
  expect(Object.keys(found?.properties ?? {})).toEqual(["symbol", "from day", "to"]);
  expect(found?.required).toEqual(["symbol", "from day", "to"]);
});

it("a request without templates reads none", () => {
  expect(inputsRead({ url: "https://example.org", headers: {} })).toBeNull();
});
