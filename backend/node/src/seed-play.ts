/** Plays what the people of the seed did, in its order, on whatever host the demo runs. */
import { type Ballot, ballots, polls, type SeedComment, type SeedPoll } from './seed-data.ts'

export interface Stage {
  /** From now on it is so long ago. Absent: the host knows the present alone. */
  readonly setTime?: (hoursAgo: number) => void
  /** Answers the poll's id. */
  ask(poll: SeedPoll): Promise<string>
  vote(poll: string, ballot: Ballot): Promise<unknown>
  comment(poll: string, comment: SeedComment): Promise<unknown>
}

export async function play(stage: Stage): Promise<void> {
  const deeds = polls.flatMap((poll) => deedsOf(stage, poll))
  for (const deed of deeds.toSorted((a, b) => b.hoursAgo - a.hoursAgo)) {
    stage.setTime?.(deed.hoursAgo)
    await deed.play()
  }
}

interface Deed {
  readonly hoursAgo: number
  readonly play: () => Promise<unknown>
}

function deedsOf(stage: Stage, poll: SeedPoll): readonly Deed[] {
  const { hoursAgo, comments } = poll
  const asked = Promise.withResolvers<string>()
  const votes = ballots(poll)
  return [
    { hoursAgo, play: async () => asked.resolve(await stage.ask(poll)) },
    ...votes.map((ballot, at) => ({
      hoursAgo: hoursAgo * shareLeft((at + 1) / votes.length),
      play: async () => stage.vote(await asked.promise, ballot),
    })),
    ...comments.map((comment) => ({
      hoursAgo: comment.hoursAgo,
      play: async () => stage.comment(await asked.promise, comment),
    })),
  ]
}

/** Ballots come quickly at first, then ever more slowly, the last one some time ago. */
const shareLeft = (share: number): number => 0.94 * (1 - share) ** 2 + 0.06 * (1 - share) + 0.01
