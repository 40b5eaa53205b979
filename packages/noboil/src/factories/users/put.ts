/**
 * Keeping the row of a person in step with their account: what sign-up, a new name and a new role come to.
 */
import { get, insert, now, patch, program, type Program } from '../../program/program.ts'
import type { Layout } from '../../schema/layout.ts'
import type { Row } from '../../schema/values.ts'
import { invalid } from '../shared/arguments.ts'
import type { Mutation } from '../shared/operation.ts'
import type { UserRow } from '../shared/users.ts'

/** A person as accounts tell of them: `_id`, `name`, and what else the app's users have; null clears a field. */
export type Person = Readonly<Record<string, unknown>> & {
  readonly _id: string
  readonly name: string
}

/** Only for the server itself. */
export function putUser(users: Layout<UserRow>): Mutation<Person, { created: boolean }> {
  return {
    kind: 'mutation',
    internal: true,
    args: (input) => personOf(users, input),
    run: (_call, person) => put(users, person),
  }
}

/** Writes what is said of a person; what is not said stays. Answers whether they are new. */
const put: (users: Layout<UserRow>, person: Person) => Program<{ created: boolean }> = program(
  function* (users, person) {
    const stored = yield* get(users, [person._id])
    const fields = fieldsOf(users, person)
    if (stored !== null) {
      yield* patch(users, stored, fields)
      return { created: false }
    }
    const row: Record<string, unknown> = { _id: person._id, _creationTime: yield* now() }
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) row[name] = value
    yield* insert(users, row)
    return { created: true }
  },
)

/** The columns that something is said about; null clears one that cannot hold it. */
function fieldsOf(users: Layout<UserRow>, person: Person): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(person)) {
    if (name.startsWith('_') || !Object.hasOwn(users.columns, name)) continue
    fields[name] = value === null && users.columns[name]?.nullable !== true ? undefined : value
  }
  return fields
}

function personOf(users: Layout<UserRow>, input: unknown): Person {
  const person = input as Row
  if (typeof person !== 'object' || person === null) throw invalid('', 'Must be a user.')
  if (typeof person['_id'] !== 'string' || !person['_id'].startsWith('users.')) {
    throw invalid('_id', `Must be an id of users, as in 'users.7'.`)
  }
  if (typeof person['name'] !== 'string') throw invalid('name', 'Must be a text.')
  for (const name of Object.keys(person)) {
    if (!Object.hasOwn(users.columns, name)) throw invalid(name, `Users have no field '${name}'.`)
  }
  return person as Person
}
