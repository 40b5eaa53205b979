/** A key no one else will make. `crypto.randomUUID` exists only on secure origins; this works on a LAN too. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
