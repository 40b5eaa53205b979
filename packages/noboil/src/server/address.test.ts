import { expect, test } from 'vitest'
import { clientAddress, requestedHost, type RequestOrigin } from './address.ts'

const from = (
  socketAddress: string | undefined,
  headers: Record<string, string> = {},
): RequestOrigin => ({
  socketAddress,
  header: (name) => headers[name],
})

test('without a proxy, nothing that a client says about its address is believed', () => {
  expect(clientAddress(from('203.0.113.7', { 'x-forwarded-for': '1.1.1.1' }), false)).toBe(
    '203.0.113.7',
  )
  expect(
    requestedHost(from(undefined, { host: 'A.example', 'x-forwarded-host': 'b' }), false),
  ).toBe('a.example')
})

test.each([
  [1, '6.6.6.6, 203.0.113.7', '203.0.113.7'],
  [2, '6.6.6.6, 203.0.113.7, 10.0.0.2', '203.0.113.7'],
  [3, '203.0.113.7', '203.0.113.7'],
  [1, 'nonsense', '10.0.0.1'],
  [1, '', '10.0.0.1'],
])('behind %i proxies, %j means %s', (proxies, forwarded, address) => {
  expect(clientAddress(from('10.0.0.1', { 'x-forwarded-for': forwarded }), proxies)).toBe(address)
})

test('a header that the nearest proxy keeps for itself is believed by name', () => {
  const request = from('10.0.0.1', { 'cf-connecting-ip': '203.0.113.7' })
  expect(clientAddress(request, 'cf-connecting-ip')).toBe('203.0.113.7')
  expect(clientAddress(request, 'CF-Connecting-IP')).toBe('203.0.113.7')
  expect(clientAddress(from('10.0.0.1'), 'cf-connecting-ip')).toBe('10.0.0.1')
})

test('addresses of one customer are one', () => {
  expect(clientAddress(from('::ffff:203.0.113.7'), false)).toBe('203.0.113.7')
  expect(clientAddress(from('2001:db8:1:2:aaaa::1'), false)).toBe('2001:db8:1:2::/64')
  expect(clientAddress(from('2001:0DB8:0001:2::9'), false)).toBe('2001:db8:1:2::/64')
  expect(clientAddress(from('::1'), false)).toBe('0:0:0:0::/64')
  expect(clientAddress(from(undefined), false)).toBeUndefined()
})
