import { describe, expect, test } from 'vitest'
import { object, string } from 'zod/v4'
import { errorCode, errorData } from '../../errors/match.ts'
import { makeKv, schema } from '../../schema/define.ts'
import { file, files } from '../../schema/fields.ts'
import { deploy, type Deployed } from './deploy.fixture.ts'

const s = schema({
  owned: { note: object({ text: string(), photo: file().optional() }) },
  kv: makeKv({
    page: {
      schema: object({
        logo: file().optional(),
        album: files(),
        print: object({ pdf: file() }).optional(),
      }),
      writeRole: true,
    },
  }),
})

const open = (softDelete = false) =>
  deploy(({ table }) => ({
    note: table(s.note),
    page: table(s.page, { cleanFiles: true, softDelete }),
  }))

const store = (app: Deployed<unknown>, text: string): Promise<string> =>
  app.test.run((ctx) => ctx.storage.store(new Blob([text])))

const kept = (app: Deployed<unknown>): Promise<string[]> =>
  app.test.run(async (ctx) =>
    (await ctx.db.system.query('_storage').collect()).map(({ _id }) => _id),
  )

const set = (app: Deployed<unknown>, payload: object): Promise<unknown> =>
  app.call('page:set', { key: 'home', payload })

describe('a file field', () => {
  test('names a file of the deployment’s storage, and nothing else', async () => {
    const app = open()
    const ann = await app.person('ann')
    const photo = await store(app, 'photo')
    const made = await app.call('note:create', { payload: { text: 'a', photo } }, ann)
    expect(made).toMatchObject({ photo })
    for (const none of ['no file', ann]) {
      const payload = { text: 'a', photo: none }
      const refused = await app.call('note:create', { payload }, ann).catch(errorData)
      expect(refused).toMatchObject({
        code: 'VALIDATION_FAILED',
        data: { issues: [{ path: 'photo' }] },
      })
    }
    const gone = { album: [photo, 'no file'] }
    expect(await set(app, gone).catch(errorData)).toMatchObject({
      data: { issues: [{ path: 'album[1]' }] },
    })
  })

  test('stays where its table does not own it', async () => {
    const app = open()
    const ann = await app.person('ann')
    const photo = await store(app, 'photo')
    const { _id: id } = (await app.call('note:create', { payload: { text: 'a', photo } }, ann)) as {
      _id: string
    }
    await app.call('note:rm', { id }, ann)
    await app.idle()
    expect(await kept(app)).toEqual([photo])
  })
})

describe('cleanFiles', () => {
  test('removes with a write what the row names no more, however deep it was', async () => {
    const app = open()
    const [logo, one, two, pdf] = [
      await store(app, 'logo'),
      await store(app, 'one'),
      await store(app, 'two'),
      await store(app, 'pdf'),
    ]
    await set(app, { logo, album: [one, two], print: { pdf } })
    expect(await kept(app)).toHaveLength(4)
    // From one field to another it is the row's still.
    await set(app, { logo: one, album: [logo] })
    expect((await kept(app)).toSorted()).toEqual([logo, one].toSorted())
    await app.call('page:rm', { key: 'home' })
    expect(await kept(app)).toEqual([])
  })

  test('leaves everything to a refused write', async () => {
    const app = open()
    const logo = await store(app, 'logo')
    await set(app, { logo, album: [] })
    expect(await set(app, { album: ['no file'] }).catch(errorCode)).toBe('VALIDATION_FAILED')
    expect(await kept(app)).toEqual([logo])
  })

  test('keeps the files of a row that can be restored', async () => {
    const app = open(true)
    const logo = await store(app, 'logo')
    await set(app, { logo, album: [] })
    await app.call('page:rm', { key: 'home' })
    expect(await kept(app)).toEqual([logo])
    expect(await app.call('page:restore', { key: 'home' })).toMatchObject({ logo })
  })
})
