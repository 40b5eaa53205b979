/** Following a query of the simulated server. */
import type { Server } from '../react/api.fixture.ts'
import { createApi } from './api.ts'
import type { LiveState } from './entry.ts'
import type { PollSim } from './poll.fixture.ts'

export const api = createApi<Server>()
export const firstPage = { parent: 'p', paginationOpts: { numItems: 10, cursor: null } }

/** Follows a query and keeps every state that was shown. */
export function follow(sim: PollSim): {
  states: LiveState<{ page: { seq: number }[] }>[]
  stop: () => void
} {
  const states: LiveState<{ page: { seq: number }[] }>[] = []
  const stop = sim.client.subscribe(api.vote.list, firstPage, (state) =>
    states.push(state as never),
  )
  return { states, stop }
}

export const seqs = (
  state: LiveState<{ page: { seq: number }[] }> | undefined,
): number[] | undefined => state?.data?.page.map(({ seq }) => seq)
