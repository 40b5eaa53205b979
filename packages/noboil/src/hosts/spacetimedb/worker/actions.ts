/** Actions of the app's own that a worker answers: for what a module cannot do, because it takes time or needs Node. */
import type * as z from 'zod/v4'
import { NoboilError } from '../../../errors/error.ts'
import type { User } from '../../../schema/register.ts'

export interface ActionContext {
  /** Who asks; null: nobody that the module knows. */
  readonly user: User | null
  /** The owner of the database asks. */
  readonly internal: boolean
  /** Ends when nobody waits any more: hand it to `fetch`. */
  readonly signal: AbortSignal
}

/** One action, as {@link action} makes it. */
export interface WorkerAction {
  /** @throws NoboilError `VALIDATION_FAILED` naming what does not fit. */
  run(ctx: ActionContext, input: unknown): unknown
}

/**
 * An action with checked arguments. Clients call it by its name: `client.ask('movies.search', { text })`.
 *
 * ```ts
 * actions: {
 *   'movies.search': action({
 *     args: object({ text: string().min(1).max(100) }),
 *     handler: (ctx, { text }) => search(text, ctx.signal)
 *   })
 * }
 * ```
 */
export function action<schema extends z.ZodType, answer>(definition: {
  readonly args: schema
  readonly handler: (ctx: ActionContext, args: z.output<schema>) => answer | Promise<answer>
}): WorkerAction {
  return {
    run(ctx, input) {
      const parsed = definition.args.safeParse(input)
      if (parsed.success) return definition.handler(ctx, parsed.data)
      const issues = parsed.error.issues.map(({ path, message }) => ({
        path: path.map(String).join('.'),
        message,
      }))
      const [first] = issues
      throw new NoboilError('VALIDATION_FAILED', `${first?.path ?? ''}: ${first?.message ?? ''}`, {
        issues,
      })
    },
  }
}
