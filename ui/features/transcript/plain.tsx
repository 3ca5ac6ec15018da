/** A text as it was written. */
export function Plain({ text }: { text: string }) {
  return <p className="whitespace-pre-wrap break-words">{text}</p>;
}
