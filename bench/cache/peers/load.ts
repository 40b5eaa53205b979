/** Peers are installed apart (`npm ci` in this folder), so the type checker does not know them: each file says what it uses. */
export async function load<peer>(name: string): Promise<peer> {
  return import(name).catch(() => {
    throw new Error(`${name} is not installed: run \`npm ci\` in bench/cache/peers`)
  }) as Promise<peer>
}
