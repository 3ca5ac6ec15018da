import { expect, it } from "vitest";
import { bodyKindOf, withBody } from "./body-kind";

it("the body is what is given and not null", () => {
  expect(bodyKindOf({ url: "x" })).toBe("none");
  expect(bodyKindOf({ json_body: null, form: null, body: "" })).toBe("raw");
  expect(bodyKindOf({ multipart: [] })).toBe("multipart");
  expect(bodyKindOf({ json_body: false })).toBe("json");
});

it("another kind takes the place of the one before", () => {
  const config = { url: "x", form: { a: "1" }, body: null };
  expect(withBody(config, "json")).toEqual({ url: "x", json_body: {} });
  expect(withBody(config, "form")).toEqual({ url: "x", form: { a: "1" } });
  expect(withBody(config, "none")).toEqual({ url: "x" });
});
