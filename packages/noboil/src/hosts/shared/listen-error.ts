/** Why a port cannot be had, as a sentence. */
import { DefinitionError } from '../../errors/assert.ts'

export function listenError(error: NodeJS.ErrnoException, port: number, hostname: string): Error {
  if (error.code === 'EADDRINUSE') {
    return new DefinitionError(
      `Port ${port} of ${hostname} is in use by another process: stop that one, or choose another port.`,
      { cause: error },
    )
  }
  if (error.code === 'EACCES') {
    return new DefinitionError(
      `Port ${port} of ${hostname} may not be used by this user: choose one above 1023.`,
    )
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new DefinitionError(`This machine has no address '${hostname}' to listen on.`)
  }
  return error
}
