import { useTranslations } from "next-intl";
import { useCallback } from "react";

type Group = "nodes" | "tools" | "builtins";

interface Described {
  title: string;
  description: string;
}

/** Title and description of a kind in the reader's language; the server's own where there are none. */
export function useCatalogWords() {
  const t = useTranslations("catalog");
  return useCallback(
    (group: Group, name: string, served: Described): { title: string; text: string } => {
      const place = `${group}.${name}` as "nodes.trigger";
      if (!t.has(`${place}.title`)) return { title: served.title, text: served.description };
      return { title: t(`${place}.title`), text: t(`${place}.text`) };
    },
    [t],
  );
}

/** The label of a field that the catalog's schemas have. */
export function useFieldWords(): (name: string) => string | undefined {
  const t = useTranslations("catalog");
  return useCallback(
    (name: string) => {
      const place = `fields.${name}` as "fields.code";
      return t.has(place) ? t(place) : undefined;
    },
    [t],
  );
}
