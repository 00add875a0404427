// How much memory this machine has for models just now, whatever the budget says. Asks the system, decides nothing.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { promisify } from 'node:util';
import { linuxRoomBytes } from './linux-room.ts';
import { type MachineRoom, macRoom, macSettings } from './mac-room.ts';

/** The tightest of what the system, a control group and the GPU leave. Infinite where the system does not say. */
export type ReadMachineRoom = () => Promise<MachineRoom>;

export function createMachineRoomReader(platform: NodeJS.Platform = process.platform): ReadMachineRoom {
  if (platform === 'linux')
    return async () => ({ availableBytes: await linuxRoomBytes(readText), ceilingBytes: Infinity });
  if (platform === 'darwin') return readMacRoom;
  return async () => ({ availableBytes: Infinity, ceilingBytes: Infinity });
}

const readText = (path: string): Promise<string | null> => readFile(path, 'latin1').catch(() => null); // No such file on this machine: the next one tells, or none.

/** sysctl fails where one of the names is unknown to this macOS, and prints the others all the same. */
async function readMacRoom(): Promise<MachineRoom> {
  const printed = await promisify(execFile)('/usr/sbin/sysctl', [...macSettings], { timeout: 2000 }).catch(
    (error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? '' }),
  );
  return macRoom(printed.stdout, totalmem());
}
