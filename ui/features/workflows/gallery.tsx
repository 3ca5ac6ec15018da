"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { CopyPlus, Play } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { Button } from "@/components/button";
import { Loaded } from "@/components/states";
import { complain } from "@/components/toasts";
import { useMayWrite } from "@/features/auth";
import { api, need } from "@/lib/api/client";
import { type Example, editPath, importExample, publish, runPath, start } from "./actions";

/** The examples, each ready to be opened or run as one's own. */
export function Gallery() {
  const t = useTranslations("workflows");
  const query = useQuery({
    queryKey: ["examples"],
    queryFn: () => need(api.GET("/api/v1/examples")),
    select: ({ items }) => items,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <section aria-labelledby="examples" className="mt-8">
      <h2 id="examples" className="font-semibold text-base">
        {t("examples")}
      </h2>
      <p className="mt-1 mb-3 text-ink-soft">{t("examplesLead")}</p>
      <Loaded query={query}>
        {(examples) => (
          <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
            {examples.map((example) => (
              <Card key={example.name} example={example} />
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  );
}

function Card({ example }: { example: Example }) {
  const t = useTranslations("workflows");
  const mayWrite = useMayWrite();
  const { name, description, graph } = example;
  const count = Array.isArray(graph.nodes) ? graph.nodes.length : 0;
  return (
    <li className="flex flex-col rounded-lg border border-line bg-surface p-4">
      <h3 className="break-words font-medium">{name}</h3>
      <p className="mt-1 flex-1 text-ink-soft">{description}</p>
      <p className="mt-2 text-ink-soft text-xs">{t("nodes", { count })}</p>
      {mayWrite && <CardActions example={example} />}
    </li>
  );
}

function CardActions({ example }: { example: Example }) {
  const t = useTranslations("workflows");
  const router = useRouter();
  const going = useMutation({
    mutationFn: (how: "open" | "run") => (how === "open" ? openCopy(example) : runCopy(example)),
    onSuccess: (path) => router.push(path),
    onError: complain,
  });
  // Busy until the next page is there.
  const taken = going.isPending || going.isSuccess;
  const busy = (how: "open" | "run") => taken && going.variables === how;
  return (
    <div className="mt-3 flex flex-wrap gap-2">
      <Button
        busy={busy("open")}
        disabled={taken}
        aria-label={t("openCopyOf", { name: example.name })}
        onClick={() => going.mutate("open")}
      >
        {!busy("open") && <CopyPlus size={15} aria-hidden />}
        {t("openCopy")}
      </Button>
      <Button
        look="primary"
        busy={busy("run")}
        disabled={taken}
        aria-label={t("runCopyOf", { name: example.name })}
        onClick={() => going.mutate("run")}
      >
        {!busy("run") && <Play size={15} aria-hidden />}
        {t("runCopy")}
      </Button>
    </div>
  );
}

async function openCopy(example: Example): Promise<string> {
  return editPath((await importExample(example)).id);
}

async function runCopy(example: Example): Promise<string> {
  const { id } = await importExample(example);
  try {
    await publish(id);
    return runPath((await start(id, example.input)).id);
  } catch (error) {
    // The copy is there: its designer is where the error can be mended.
    complain(error);
    return editPath(id);
  }
}
