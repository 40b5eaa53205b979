/**
 * What every operation of one quota knows, and whose quota a call may speak of.
 */
import { NoboilError } from '../../errors/error.ts'
import { type Program, program } from '../../program/program.ts'
import { args, invalid, optional, shortText, wholeFrom } from '../shared/arguments.ts'
import { ask, assertSignedIn, type Call, type Settings } from '../shared/call.ts'
import type { Arguments } from '../shared/operation.ts'
import type { Limit } from '../shared/window.ts'
import type { QuotaHooks, QuotaOptions } from './types.ts'

export interface QuotaContext {
  readonly name: string
  readonly limit: Limit
  readonly settings: Settings
  readonly authorize: QuotaOptions['authorize']
  readonly hooks: QuotaHooks
}

export interface Given {
  readonly owner?: string
  readonly cost?: number
}

export const givenReader = ({ settings }: QuotaContext): Arguments<Given> =>
  args({
    owner: optional(shortText('maxKeyBytes', settings.limits.maxKeyBytes)),
    cost: optional(wholeFrom(1)),
  }) as never

/** Whether the caller may name this owner. */
export const mayName: (quota: QuotaContext, call: Call, owner: string) => Program<boolean> =
  program(function* ({ settings, authorize }, call, owner) {
    if (call.internal || owner === call.user?._id) return true
    return (
      authorize !== undefined && (yield* ask(settings, call, (ctx) => authorize(ctx, { owner })))
    )
  })

/** Whose quota a write counts on. */
export const ownerOf: (quota: QuotaContext, call: Call, given: Given) => Program<string> = program(
  function* (quota, call, { owner }) {
    const own = owner ?? call.user?._id
    if (own === undefined) {
      if (call.internal) throw invalid('owner', 'A call of the server itself must name the owner.')
      assertSignedIn(call)
    } else if (yield* mayName(quota, call, own)) return own
    if (call.user === null) throw new NoboilError('NOT_AUTHENTICATED', 'Sign in to do this.')
    throw new NoboilError('FORBIDDEN', `This use of '${quota.name}' is not yours to count.`)
  },
)
