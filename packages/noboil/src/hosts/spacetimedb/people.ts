/**
 * Who is who. An identity is a user from its first call (`people: 'everyone'`), or when it has been made known: by the owner
 * (`put_users`), or by itself (`enter`), where the app says what its token must claim.
 */
import { NoboilError } from '../../errors/error.ts'
import type { AnyMutation } from '../../factories/shared/operation.ts'
import { systemCall } from '../../factories/shared/call.ts'
import { userFields, userView } from '../../schema/spacetimedb/rows.ts'
import type { App } from './app.ts'
import { told, userIdOf, viewing, visitorOf, within } from './calls.ts'
import { columnsOf } from './definition.ts'
import { wake } from './flows.ts'
import { encodeRow, publish } from './public.ts'
import { type CallContext, type ModuleExport, type ModuleSchema, sdk } from './sdk.ts'

/** What the token of a caller claims, vouched for by the database. */
export interface Claims {
  /** Whose word it is. Anybody may bring a token of any issuer: compare it before anything else of it is believed. */
  readonly issuer: string
  readonly subject: string
  readonly [claim: string]: unknown
}

/** What is kept of a person: `name`, and what else the app's users have. */
export interface Entrant {
  readonly name: string
  readonly image?: string | null
  readonly role?: string | null
  readonly [field: string]: unknown
}

/** Whom an identity may make itself known as by calling `enter`; null: it may not. */
export type Admission = (caller: {
  /** Null for a caller without a token. SpacetimeDB gives one of its own to whoever comes without. */
  readonly claims: Claims | null
}) => Entrant | null

export function peopleFunctions(
  app: App,
  module: ModuleSchema,
): Readonly<Record<string, ModuleExport>> {
  return {
    [userView]: viewOfUser(app, module),
    ...(app.admit === undefined ? {} : { enter: enterReducer(app, module, app.admit) }),
  }
}

/** The caller as the module knows them: one row, or none for nobody. */
function viewOfUser(app: App, module: ModuleSchema): ModuleExport {
  const row = sdk.t.object('MyUser', columnsOf('users', userFields))
  return module.view({ name: userView, public: true }, sdk.t.array(row), (ctx) => {
    const { user } = visitorOf(ctx, viewing(ctx), app.users, app.people)
    return user === null ? [] : [encodeRow(userFields, user as unknown as Record<string, never>)]
  })
}

function enterReducer(app: App, module: ModuleSchema, admit: Admission): ModuleExport {
  const put = app.functions.get('users.put') as AnyMutation
  return module.reducer({}, {}, (ctx) =>
    told(() => {
      const entrant = admit({ claims: claimsOf(ctx) })
      if (entrant === null) {
        throw new NoboilError('FORBIDDEN', 'Your token does not let you in here.')
      }
      const person = put.args({ ...entrant, _id: userIdOf(ctx.sender) })
      within(app, ctx, (transaction) => {
        transaction.execute(() => put.run(systemCall, person as never))
        publish(app, ctx, transaction)
        wake(ctx, transaction)
      })
    }),
  )
}

function claimsOf({ senderAuth: { jwt } }: CallContext): Claims | null {
  if (jwt === null) return null
  return { ...jwt.fullPayload, issuer: jwt.issuer, subject: jwt.subject }
}
