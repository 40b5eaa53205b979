import { describe, expect, test } from 'vitest'
import { DefinitionError } from '../errors/assert.ts'
import { checkMirrors, isPrivateHost, mirrorsFromEnv } from './config.ts'

const account = { email: 'mirror@a.example', password: 'a good password' }

describe('the environment', () => {
  test('without mirrors says nothing', () => {
    expect(mirrorsFromEnv({})).toBeUndefined()
    expect(mirrorsFromEnv({ CACHE_MIRRORS: ' , ' })).toBeUndefined()
  })

  test('names mirrors with commas between, and the account that signs in there', () => {
    const config = mirrorsFromEnv({
      CACHE_MIRRORS: 'https://a.example, https://b.example',
      SERVICE_EMAIL: account.email,
      SERVICE_PASSWORD: account.password,
    })
    expect(config).toMatchObject({
      targets: ['https://a.example', 'https://b.example'],
      ...account,
    })
  })

  test('may name a test account where there is no other, and never half of one', () => {
    const CACHE_MIRRORS = 'https://a.example'
    const test = { TEST_EMAIL: 't@a.example', TEST_PASSWORD: 'a test password' }
    expect(mirrorsFromEnv({ CACHE_MIRRORS, ...test })).toMatchObject({ email: 't@a.example' })
    const mixed = mirrorsFromEnv({ CACHE_MIRRORS, ...test, SERVICE_EMAIL: 's@a.example' })
    expect(mixed).toMatchObject({ email: 's@a.example', password: '' })
    expect(() => checkMirrors(mixed as never)).toThrow(/SERVICE_EMAIL and SERVICE_PASSWORD/)
  })
})

describe('the longest wait before a mirror is tried again', () => {
  const check = (maxRetryMs?: number) =>
    checkMirrors({
      targets: ['https://a.example'],
      ...account,
      ...(maxRetryMs === undefined ? {} : { maxRetryMs }),
    }).maxRetryMs

  test('is five minutes unless the app says otherwise', () => {
    expect(check()).toBe(300_000)
    expect(check(2_000)).toBe(2_000)
  })

  test.each([999, 1_000.5, Number.NaN, 2 ** 31])('cannot be %s', (maxRetryMs) => {
    expect(() => check(maxRetryMs)).toThrow(/maxRetryMs is .* from 1000 to 2147483647/)
  })
})

describe('a target', () => {
  const check = (target: string, more: object = {}) =>
    checkMirrors({ targets: [target], ...account, ...more })

  test('is a deployment', () => {
    expect(check('https://service.polymech.info').targets).toEqual([
      'https://service.polymech.info',
    ])
    expect(check('https://service.polymech.info:8443/').targets).toEqual([
      'https://service.polymech.info:8443',
    ])
  })

  test.each([
    ['no address', 'service'],
    ['of another kind', 'ftp://service.example'],
    ['with a path', 'https://service.example/api'],
    ['with a query', 'https://service.example/?x=1'],
    ['with a password', 'https://me:secret@service.example'],
    ['where the password would travel in the open', 'http://service.example'],
    ['on this machine', 'http://localhost:3000'],
    ['on a private address', 'https://10.0.0.7'],
  ])('%s is refused at start', (_name, target) => {
    expect(() => check(target)).toThrow(DefinitionError)
  })

  test('on a private address is taken when that is meant', () => {
    expect(check('http://127.0.0.1:3001', { allowPrivate: true }).targets).toEqual([
      'http://127.0.0.1:3001',
    ])
  })

  test('may not be named twice', () => {
    const targets = ['https://a.example', 'https://a.example/']
    expect(() => checkMirrors({ targets, ...account })).toThrow(/twice/)
  })

  test('whose refusal tells a password is not possible', () => {
    expect(() => check('https://me:secret@service.example')).toThrow(/^(?!.*secret)/)
  })

  test.each([
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['172.16.0.1', true],
    ['172.32.0.1', false],
    ['192.168.1.1', true],
    ['169.254.169.254', true],
    ['100.64.0.1', true],
    ['100.128.0.1', false],
    ['0.0.0.0', true],
    ['8.8.8.8', false],
    ['[::1]', true],
    ['[fd00::1]', true],
    ['[fe80::1]', true],
    ['[::ffff:7f00:1]', true],
    ['[::ffff:808:808]', false],
    ['[2001:db8::1]', false],
    ['localhost', true],
    ['db.internal', true],
    ['service.example', false],
  ])('%s is private: %s', (host, isPrivate) => {
    expect(isPrivateHost(host)).toBe(isPrivate)
  })
})
