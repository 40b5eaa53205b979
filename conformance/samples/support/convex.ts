/**
 * What `noboil` stands for in samples that wire tables of Convex: its own, with what they leave open.
 */
import * as convex from 'convex/server'
import { type ConvexApp, noboil as serve, type NoboilConfig, type Wired } from 'noboil/convex'

type Config<wired extends Readonly<Record<string, Wired>>> = Pick<NoboilConfig<wired>, 'tables'>

/** The configs of the samples, in the order in which they were loaded. */
export const configs: Config<Readonly<Record<string, Wired>>>[] = []

export function noboil<const wired extends Readonly<Record<string, Wired>>>(
  config: Config<wired>,
): ConvexApp<wired> {
  configs.push(config)
  return serve({
    query: convex.queryGeneric,
    mutation: convex.mutationGeneric,
    action: convex.actionGeneric,
    internalQuery: convex.internalQueryGeneric,
    internalMutation: convex.internalMutationGeneric,
    internalAction: convex.internalActionGeneric,
    getAuthUserId: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null,
    ...config,
  })
}
