import type { Json, JsonObject } from "@/features/graph";
import { dropHeader, fieldsOf, type Headers, headerNamed } from "./curl-fields";
import type { Gathered } from "./curl-gathered";

const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";
// Numbers that JavaScript would round.
const LONG_NUMBER = /\d{16,}|\d[eE][+-]?\d/;

/** The body in the field that a configuration has for it; takes headers out that go without saying. */
export function bodyOf(gathered: Gathered, headers: Headers): JsonObject {
  if (gathered.parts.length > 0) return multipart(gathered, headers);
  if (gathered.json.length > 0) return sentAsJson(gathered.json.join(""), headers);
  if (gathered.data.length === 0) return {};
  return plainData(gathered, headers);
}

function multipart({ parts }: Gathered, headers: Headers): JsonObject {
  dropHeader(headers, "content-type");
  return { multipart: parts.map((part) => ({ ...part })) };
}

function sentAsJson(text: string, headers: Headers): JsonObject {
  const type = headerNamed(headers, "content-type") ?? JSON_TYPE;
  if (headerNamed(headers, "accept") === undefined) headers.Accept = JSON_TYPE;
  return jsonBody(text, type, headers) ?? raw(text, type, headers);
}

function plainData(gathered: Gathered, headers: Headers): JsonObject {
  const text = gathered.data.join("&");
  const type = headerNamed(headers, "content-type");
  if (type && /[/+]json\b/i.test(type))
    return jsonBody(text, type, headers) ?? raw(text, type, headers);
  const json =
    type === undefined && /^\s*[[{]/.test(text) ? jsonBody(text, JSON_TYPE, headers) : null;
  if (json) {
    gathered.notes.push({ code: "json", what: "" });
    return json;
  }
  const form = type === undefined || type.toLowerCase().startsWith(FORM);
  const fields = form ? fieldsOf(text.split("&").filter(Boolean)) : null;
  if (!fields) return raw(text, type ?? FORM, headers);
  dropHeader(headers, "content-type");
  return { form: fields };
}

/** Null when the text is no JSON, or would not be the same after reading it. */
function jsonBody(text: string, type: string, headers: Headers): JsonObject | null {
  if (LONG_NUMBER.test(text.replace(/"(?:[^"\\]|\\.)*"/g, '""'))) return null;
  try {
    const value = JSON.parse(text) as Json;
    // Null would be no body at all.
    if (value === null) return null;
    if (type.toLowerCase() === JSON_TYPE) dropHeader(headers, "content-type");
    return { json_body: value };
  } catch {
    return null;
  }
}

function raw(body: string, type: string, headers: Headers): JsonObject {
  dropHeader(headers, "content-type");
  headers["Content-Type"] = type;
  return { body };
}
