/** The poll app's screens and the port through which they meet a host. */
export { PollApp, type PollAppProps } from './poll-app.tsx'
export { draftLimits } from './draft.ts'
export { messageCharsMax } from './banner-draft.ts'
export type * from './port.ts'
