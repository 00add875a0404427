// POSIX shared memory blocks, one life each: made and filled by one process, read and unlinked by the other. Names never
// appear in an error. Kept to what Linux and macOS share; where they differ a comment says so.
import { closeSync, constants, fstatSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Body } from './body.ts';
import { WorkerCommunicationError } from './communication-error.ts';

export interface SharedMemory {
  /** Makes the block `name` with a copy of `body` in it. @throws WorkerCommunicationError, leaving no block */
  create(name: string, body: Body): void;
  /** Copies `length` bytes out of the block; its name is gone afterwards. @throws WorkerCommunicationError */
  take(name: string, length: number): Buffer;
  /** Takes the name away, if it is there. */
  remove(name: string): void;
}

const ownerOnly = 0o600;
// Equal on Linux and macOS.
const protectRead = 1;
const protectWrite = 2;
const mapShared = 1;
const linuxMapPopulate = 0x8000;

/**
 * The system's shared memory, by the calls of `platform`: Linux has all those of macOS, and more.
 * @throws WorkerCommunicationError where this platform has no shared memory that we can reach
 */
export function openSharedMemory(platform: NodeJS.Platform = process.platform): SharedMemory {
  const native = bindNative(platform);
  const mapFlags = mapShared | (platform === 'linux' ? linuxMapPopulate : 0);

  const open = (name: string, flags: number): number => {
    const fd = native.shmOpen(name, flags, 'int', ownerOnly);
    if (fd < 0) throw new WorkerCommunicationError(`shm_open failed with errno ${native.errno()}`);
    return fd;
  };
  const map = (fd: number, length: number, protection: number): number => {
    const address = native.mmap(0, length, protection, mapFlags, fd, 0);
    if (typeof address === 'number') return address; // MAP_FAILED is 2^64 - 1, which koffi gives as a bigint.
    throw new WorkerCommunicationError(`mmap failed with errno ${native.errno()}`);
  };
  const remove = (name: string): void => {
    native.shmUnlink(name);
  };

  return {
    create(name, { segments, length }) {
      const fd = open(name, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR);
      try {
        // Reserved before it is mapped: to write on a full file system is an error here, and SIGBUS later.
        const refused = native.reserve(fd, length);
        if (refused !== 0) throw new WorkerCommunicationError(`${length} bytes cannot be reserved: errno ${refused}`);
        const address = map(fd, length, protectRead | protectWrite);
        let end = address;
        for (const segment of segments) {
          native.copyIn(end, segment, segment.length);
          end += segment.length;
        }
        native.munmap(address, length);
      } catch (error) {
        remove(name);
        throw error;
      } finally {
        closeSync(fd);
      }
    },
    take(name, length) {
      const fd = open(name, constants.O_RDONLY);
      remove(name);
      try {
        // macOS rounds the size up to whole pages.
        if (fstatSync(fd).size < length) throw new WorkerCommunicationError('a block is shorter than announced');
        const address = map(fd, length, protectRead);
        const bytes = Buffer.allocUnsafeSlow(length);
        native.copyOut(bytes, address, length);
        native.munmap(address, length);
        return bytes;
      } finally {
        closeSync(fd);
      }
    },
    remove,
  };
}

function bindNative(platform: NodeJS.Platform) {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const libc = koffi.load(null);
    const ftruncate = libc.func('int ftruncate(int fd, int64_t length)');
    const fallocate =
      platform === 'linux' ? libc.func('int posix_fallocate(int fd, int64_t offset, int64_t length)') : undefined;
    return {
      // Variadic on macOS, and on arm64 that is another calling convention.
      shmOpen: libc.func('int shm_open(const char *name, int flags, ...)'),
      shmUnlink: libc.func('int shm_unlink(const char *name)'),
      mmap: libc.func(
        'uintptr_t mmap(uintptr_t address, size_t length, int protection, int flags, int fd, int64_t at)',
      ),
      munmap: libc.func('int munmap(uintptr_t address, size_t length)'),
      copyIn: libc.func('void *memcpy(uintptr_t to, const void *from, size_t length)'),
      copyOut: libc.func('void *memcpy(void *to, uintptr_t from, size_t length)'),
      /** 0, or an error number. macOS has no posix_fallocate, and takes one ftruncate a block. */
      reserve: (fd: number, length: number): number =>
        fallocate === undefined ? (ftruncate(fd, length) === 0 ? 0 : koffi.errno()) : fallocate(fd, 0, length),
      errno: (): number => koffi.errno(),
    };
  } catch (cause) {
    throw new WorkerCommunicationError('this platform has no shared memory that the server can reach', { cause });
  }
}
