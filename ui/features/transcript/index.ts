export { isWorking } from "./entries";
export { QuestionView } from "./question";
export { Said } from "./said";
export { type Transcribed, useTranscript } from "./store";
export { Transcript, TranscriptView } from "./transcript";
