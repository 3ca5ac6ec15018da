interface ChoicesProps<T extends string> {
  legend: string;
  choices: readonly { value: T; title: string; hint?: string }[];
  value: T;
  onChange: (value: T) => void;
}

/** One of a few, each with what it means. */
export function Choices<T extends string>({ legend, choices, value, onChange }: ChoicesProps<T>) {
  return (
    <fieldset className="mb-3">
      <legend className="mb-1 font-medium text-[13px]">{legend}</legend>
      {choices.map((choice) => (
        <label key={choice.value} className="flex items-start gap-2 py-1">
          <input
            type="radio"
            name={legend}
            className="mt-0.5 accent-accent"
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          <span>
            {choice.title}
            {choice.hint && <span className="block text-ink-soft text-xs">{choice.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
