import { describe, expect, it } from 'vitest'
import { world } from './accounts.fixture.ts'

describe('a guest', () => {
  it('is a user with a friendly name, told apart by isAnonymous', async () => {
    const app = await world()
    const guest = app.browser()
    expect((await guest.post('/sign-in/anonymous')).status).toBe(200)
    const session = await guest.session()
    expect(session?.user).toMatchObject({ name: 'Amber Badger', role: 'user', image: null })
    expect([...app.users.values()]).toEqual([session?.user])
    expect((await guest.get('/get-session')).body?.user).toMatchObject({ isAnonymous: true })
  })

  it('is one guest, however often they ask', async () => {
    const app = await world()
    const guest = app.browser()
    await guest.post('/sign-in/anonymous')
    const before = await guest.session()
    expect((await guest.post('/sign-in/anonymous')).status).toBe(400)
    expect(await guest.session()).toEqual(before)
    expect(app.users.size).toBe(1)
  })

  it('who signs up stays the same user, so that what they made stays theirs', async () => {
    const app = await world()
    const guest = app.browser()
    await guest.post('/sign-in/anonymous')
    const before = await guest.session()
    const old = guest.headers
    const { status, body } = await guest.signUp('Ann', { role: 'admin', banned: false })
    expect(status).toBe(200)
    expect(body?.user).toMatchObject({
      name: 'Ann',
      email: 'ann@people.test',
      isAnonymous: false,
      role: 'user',
    })
    const after = await guest.session()
    expect(after?.user).toEqual({ ...before?.user, name: 'Ann' })
    expect([...app.users.values()]).toEqual([after?.user])
    expect(await app.auth.session(old)).toBeNull()
    expect(app.dropped).toEqual([{ session: before?.id }])
    const elsewhere = app.browser()
    await elsewhere.signIn('Ann')
    expect((await elsewhere.session())?.user).toEqual(after?.user)
  })

  it.each([
    ['an address that is taken', 422, {}],
    ['a short password', 400, { email: 'new@people.test', password: '1234567' }],
    ['a long password', 400, { email: 'new@people.test', password: 'x'.repeat(129) }],
    ['no e-mail address', 400, { email: 'new' }],
    ['an empty name', 400, { email: 'new@people.test', name: ' ' }],
    ['fields of the wrong type', 400, { email: 7, name: {}, password: [] }],
  ])('who signs up with %s stays a guest', async (_what, expected, more) => {
    const app = await world()
    await app.browser().signUp('Ann')
    const guest = app.browser()
    await guest.post('/sign-in/anonymous')
    const before = await guest.session()
    expect((await guest.signUp('Ann', more)).status).toBe(expected)
    expect(await guest.session()).toEqual(before)
    expect((await guest.get('/get-session')).body?.user).toMatchObject({ isAnonymous: true })
    expect((await guest.signUp('Bob')).status).toBe(200)
    expect((await app.browser().signIn('Bob')).status).toBe(200)
  })

  it('who signs up twice at the same time becomes one account', async () => {
    const app = await world()
    const guest = app.browser()
    await guest.post('/sign-in/anonymous')
    const both = await Promise.all([guest.signUp('Ann'), guest.signUp('Bob')])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(app.users.size).toBe(1)
  })

  it('who signs in to another account leaves the guest behind, signed out, with their name', async () => {
    const app = await world()
    await app.browser().signUp('Ann')
    const guest = app.browser()
    await guest.post('/sign-in/anonymous')
    const before = await guest.session()
    const old = guest.headers
    expect((await guest.signIn('Ann')).status).toBe(200)
    expect((await guest.session())?.user.name).toBe('Ann')
    expect(await app.auth.session(old)).toBeNull()
    expect(app.dropped).toEqual([{ session: before?.id }])
    const guestId = before?.user._id ?? ''
    expect(app.users.get(guestId)).toEqual(before?.user)
    await app.auth.setRole(guestId, 'visitor')
    expect(app.users.get(guestId)).toMatchObject({ role: 'visitor' })
  })

  it('who mistypes a password stays who they were', async () => {
    const app = await world()
    await app.browser().signUp('Ann')
    const guest = app.browser()
    await guest.post('/sign-in/anonymous')
    const before = await guest.session()
    expect((await guest.signIn('Ann', { password: 'mistyped' })).status).toBe(401)
    expect(await guest.session()).toEqual(before)
  })
})
