export { isWorking } from "./entries";
export { QuestionView } from "./question";
export { type Transcribed, useTranscript } from "./store";
export { Transcript, TranscriptView } from "./transcript";
