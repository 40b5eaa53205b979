import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { configFrom } from './config.ts'
import { assertFirst, secretIn, serviceOf } from './service.ts'

const folder = mkdtempSync(join(tmpdir(), 'noboil-service-'))
afterAll(() => rmSync(folder, { recursive: true }))

const url = 'http://127.0.0.1:3000'
const account = { email: 'mirror@noboil.example', password: 'a good password' }
const answering = (status: number) => async () => new Response('{}', { status })

test('a secret is made once, and for its owner alone', () => {
  const file = join(folder, 'made/secret')
  const secret = secretIn(file)
  expect(secret).toMatch(/^[\w-]{12}$/)
  expect(secretIn(file)).toBe(secret)
  expect(statSync(file).mode & 0o077).toBe(0)
})

test('both deployments of one data folder have one account, unless the environment names it', () => {
  const env = { NOBOIL_DATA: folder }
  const [first, mirror] = [configFrom(env, [], '/home'), configFrom(env, ['--mirror'], '/home')]
  expect(serviceOf(mirror)).toEqual(serviceOf(first))
  const named = { ...env, SERVICE_EMAIL: account.email, SERVICE_PASSWORD: account.password }
  expect(serviceOf(configFrom(named, [], '/home'))).toEqual(account)
})

test('a first deployment that lets the mirror in is asked once, with the account', async () => {
  const asked: unknown[] = []
  await assertFirst(url, account, async (to, init) => {
    asked.push(to, JSON.parse(String(init?.body)))
    return new Response('{}')
  })
  expect(asked).toEqual([`${url}/api/auth/sign-in/email`, account])
})

test('one that is not there, or not yet, is told with how to start it', async () => {
  const refused = () => Promise.reject(new TypeError('fetch failed'))
  for (const ask of [refused, answering(503)]) {
    await expect(assertFirst(url, account, ask)).rejects.toThrow(
      /no deployment at http:\/\/127\.0\.0\.1:3000.* npm start/,
    )
  }
})

test('a stranger at its address is told apart', async () => {
  for (const status of [401, 404]) {
    await expect(assertFirst(url, account, answering(status))).rejects.toThrow(
      `does not let this mirror in (${status})`,
    )
  }
})
