import { errorCode, errorData } from 'noboil/errors'
import { SignJWT, generateKeyPair } from 'jose'
import { beforeEach, expect, test } from 'vitest'
import { issuer } from '../people.ts'
import { Accounts, type AccountsState } from './accounts.ts'
import { accountRoutes } from './routes.ts'

const ann = { email: 'ann@example.com', password: 'a long password', name: 'Ann' }

let accounts: Accounts
let kept: AccountsState | undefined

beforeEach(async () => {
  kept = undefined
  accounts = await Accounts.open(undefined, (state) => (kept = state))
})

const codeOf = (call: Promise<unknown>) => call.then(() => 'fine', errorCode)

test('a token says who it is of, and only tokens of these accounts are believed', async () => {
  const claims = await accounts.verify(await accounts.signUp(ann))
  expect(claims).toMatchObject({ iss: issuer, name: 'Ann', role: 'user', email: ann.email })
  const { privateKey } = await generateKeyPair('ES256')
  const forged = await new SignJWT({ role: 'admin' })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(issuer)
    .setAudience('noboil-demo')
    .setSubject('x')
    .sign(privateKey)
  for (const token of [forged, 'no token', '']) {
    expect(await accounts.verify(token)).toBeUndefined()
  }
})

test('signing in takes the password, whatever the case of the address', async () => {
  await accounts.signUp(ann)
  const { password } = ann
  const token = await accounts.signIn({ email: 'ANN@example.com', password })
  expect(await accounts.verify(token)).toMatchObject({ name: 'Ann' })
  for (const wrong of [
    { email: ann.email, password: 'another one' },
    { email: 'bob@example.com', password },
  ]) {
    expect(await codeOf(accounts.signIn(wrong))).toBe('FORBIDDEN')
  }
})

test('guessing is slowed down', async () => {
  const guess = () => codeOf(accounts.signIn({ email: ann.email, password: 'not the one' }))
  for (let attempts = 0; attempts < 10; attempts++) expect(await guess()).toBe('FORBIDDEN')
  expect(await guess()).toBe('RATE_LIMITED')
})

test('a second account with one address is refused, and nobody makes themselves an admin', async () => {
  await accounts.signUp(ann)
  expect(await codeOf(accounts.signUp(ann))).toBe('DUPLICATE')
  expect(await codeOf(accounts.signUp({ ...ann, role: 'admin' }))).toBe('VALIDATION_FAILED')
})

test.each([
  ['no address', { ...ann, email: 'ann' }, 'This is no e-mail address.'],
  ['a short password', { ...ann, password: 'short' }, 'A password needs at least 8 characters.'],
  ['no name', { ...ann, name: ' ' }, 'Say what to call you.'],
])('%s is refused with a sentence', async (_what, input, message) => {
  const error: unknown = await accounts.signUp(input).catch((thrown: unknown) => thrown)
  expect(errorData(error)).toMatchObject({ code: 'VALIDATION_FAILED', message })
})

test('what is kept is enough to go on from, and holds no password', async () => {
  const token = await accounts.signUp(ann)
  expect(JSON.stringify(kept)).not.toContain(ann.password)
  const again = await Accounts.open(JSON.parse(JSON.stringify(kept)) as AccountsState)
  expect(await again.verify(token)).toMatchObject({ name: 'Ann' })
  const { email, password } = ann
  expect(await codeOf(again.signIn({ email, password }))).toBe('fine')
})

test('over HTTP refusals have their status, and a database finds the key', async () => {
  const routes = accountRoutes(accounts)
  const post = (path: string, body: string) => routes.request(path, { method: 'POST', body })
  const made = await post('/sign-up', JSON.stringify(ann))
  expect(made.status).toBe(200)
  expect((await post('/sign-up', JSON.stringify(ann))).status).toBe(409)
  expect((await post('/sign-in', 'no json')).status).toBe(400)
  expect((await post('/sign-in', JSON.stringify('x'.repeat(20_000)))).status).toBe(413)
  const found = await routes.request('/.well-known/openid-configuration')
  expect(await found.json()).toEqual({ issuer, jwks_uri: `${issuer}/jwks` })
  const { keys } = (await (await routes.request('/jwks')).json()) as { keys: object[] }
  expect(keys).toHaveLength(1)
  expect(keys[0]).not.toHaveProperty('d')
})
