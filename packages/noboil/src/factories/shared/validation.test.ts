/** The order of refusals of a patch, on every factory that takes one. */
import { describe, expect, it } from 'vitest'
import { int, object, string } from 'zod/v4'
import { makeChild, makeLog, makeOwned, makeSingleton } from '../../schema/define.ts'
import { buildChild } from '../child/build.ts'
import { buildLog } from '../log/build.ts'
import { buildOwned } from '../owned/build.ts'
import { buildSingleton } from '../singleton/build.ts'
import { failure, Rig } from '../testing.fixture.ts'

const range = object({ low: int(), high: int(), note: string().max(5).optional() }).refine(
  ({ low, high }) => low <= high,
  { path: ['low'], message: 'low is above high' },
)
const { span } = makeOwned({ span: range })
const { step } = makeChild({ step: { parent: 'span', schema: range } })
const { event } = makeLog({ event: { parent: 'span', schema: range } })
const { own } = makeSingleton({ own: range })

const open = (): Rig =>
  new Rig(
    (settings, users) => {
      const spans = buildOwned(span, {}, settings, users)
      return [
        spans,
        buildChild(step, {}, settings, spans.policy, users),
        buildLog(event, {}, settings, spans.policy, users),
        buildSingleton(own, {}, settings),
      ]
    },
    { maxPayloadBytes: 100 },
  )

/** Who a call is by, what it patches, and what a patch is called there. */
interface Patched {
  readonly update: string
  readonly path: string
  readonly with: (patch: unknown, unset?: readonly string[]) => object
}

const byId = (update: string): Patched => ({
  update,
  path: 'patch',
  with: (patch, unset) => ({
    id: `${update.split('.')[0]}.1.none`,
    patch,
    ...(unset && { unset }),
  }),
})
const patched: readonly Patched[] = [
  byId('span.update'),
  byId('step.update'),
  byId('event.update'),
  {
    update: 'span.updateBulk',
    path: 'items[0].patch',
    with: (patch, unset) => ({ items: [{ id: 'span.none', patch, ...(unset && { unset }) }] }),
  },
  {
    update: 'own.upsert',
    path: 'payload',
    with: (payload, unset) => ({ payload, ...(unset && { unset }) }),
  },
]

describe.each(patched)('$update', ({ update, path, with: args }) => {
  it.each([
    ['no object', [7], ''],
    ['a field that there is not', [{ size: 1 }], '.size'],
    ['a value of another type', [{ low: 'x' }], '.low'],
    ['a value that its field refuses', [{ low: 1, note: 'too long' }], '.note'],
    ['clearing what must be there', [{}, ['low']], '.low'],
  ] as const)('refuses %s before it asks who calls', async (_, [patch, unset], field) => {
    const refusal = await failure(open().nobody(update, args(patch, unset)))
    expect(refusal).toMatchObject({
      code: 'VALIDATION_FAILED',
      data: { issues: [{ path: `${path}${field}` }] },
    })
  })

  it('refuses too many bytes before it asks who calls', async () => {
    const refusal = await failure(open().nobody(update, args({ note: 'x'.repeat(200) })))
    expect(refusal).toMatchObject({ code: 'LIMIT_EXCEEDED', data: { limit: 'maxPayloadBytes' } })
  })

  it('asks who calls before it looks for the row', async () => {
    expect((await failure(open().nobody(update, args({ low: 1 })))).code).toBe('NOT_AUTHENTICATED')
  })
})

describe('what only the row can tell', () => {
  it('is told to whoever sees the row, and to nobody else', async () => {
    const app = open()
    const [ann, bob] = [app.as('ann'), app.as('bob')]
    const { _id: id } = await ann<{ _id: string }>('span.create', { payload: { low: 1, high: 5 } })
    const patch = { low: 6 }
    expect(await failure(ann('span.update', { id, patch }))).toMatchObject({
      code: 'VALIDATION_FAILED',
      data: { issues: [{ path: 'patch.low', message: 'low is above high' }] },
    })
    expect((await failure(bob('span.update', { id, patch }))).code).toBe('NOT_FOUND')
  })
})
