/**
 * One person's rows of an owned or child table, as the removal of that person finds them.
 */
import { type Program, program, range } from '../../program/program.ts'
import { systemCall } from './call.ts'
import { type Entities, liveOnly } from './entity.ts'
import { removeRow } from './entity-write.ts'
import type { PersonalRows } from './operation.ts'

/** Needs an index `by_user` on `userId`. */
export const personalRows = (entities: Entities): PersonalRows => ({
  remove: (userId, erase, limit) => removeSome(entities, userId, erase, limit),
})

const removeSome: (
  entities: Entities,
  userId: string,
  erase: boolean,
  limit: number,
) => Program<number> = program(function* (entities, userId, erase, limit) {
  const rows = yield* range(entities.layout, 'by_user', [userId], {
    where: erase ? [] : liveOnly,
    limit,
  })
  for (const row of rows) yield* removeRow(entities, systemCall, row, erase)
  return rows.length
})
