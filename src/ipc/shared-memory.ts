// POSIX shared memory blocks, one life each: made and filled by one process, read and unlinked by the other. Names never
// appear in an error. Kept to what Linux and macOS share; where they differ a comment says so.
import { closeSync, constants, fstatSync } from 'node:fs';
import { createRequire } from 'node:module';
import { WorkerCommunicationError } from './communication-error.ts';

export interface SharedMemory {
  /** Makes the block `name` with a copy of `bytes` in it. @throws WorkerCommunicationError, leaving no block */
  create(name: string, bytes: Uint8Array): void;
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
const mapPopulate = process.platform === 'linux' ? 0x8000 : 0;

/** @throws WorkerCommunicationError where this platform has no shared memory that we can reach */
export function openSharedMemory(): SharedMemory {
  const native = bindNative();

  const open = (name: string, flags: number): number => {
    const fd = native.shmOpen(name, flags, 'int', ownerOnly);
    if (fd < 0) throw new WorkerCommunicationError(`shm_open failed with errno ${native.errno()}`);
    return fd;
  };
  const map = (fd: number, length: number, protection: number): unknown => {
    const address = native.mmap(null, length, protection, mapShared | mapPopulate, fd, 0);
    if (native.addressOf(address) !== 0xffff_ffff_ffff_ffffn) return address;
    throw new WorkerCommunicationError(`mmap failed with errno ${native.errno()}`);
  };
  const remove = (name: string): void => {
    native.shmUnlink(name);
  };

  return {
    create(name, bytes) {
      const fd = open(name, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR);
      try {
        // Reserved before it is mapped: to write on a full file system is an error here, and SIGBUS later.
        const refused = native.reserve(fd, bytes.length);
        if (refused !== 0) throw new WorkerCommunicationError(`${bytes.length} bytes cannot be reserved: ${refused}`);
        const address = map(fd, bytes.length, protectRead | protectWrite);
        native.copy(address, bytes, bytes.length);
        native.munmap(address, bytes.length);
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
        native.copy(bytes, address, length);
        native.munmap(address, length);
        return bytes;
      } finally {
        closeSync(fd);
      }
    },
    remove,
  };
}

function bindNative() {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const libc = koffi.load(null);
    const ftruncate = libc.func('int ftruncate(int fd, int64_t length)');
    const isLinux = process.platform === 'linux';
    const fallocate = isLinux ? libc.func('int posix_fallocate(int fd, int64_t offset, int64_t length)') : undefined;
    return {
      // Variadic on macOS, and on arm64 that is another calling convention.
      shmOpen: libc.func('int shm_open(const char *name, int flags, ...)'),
      shmUnlink: libc.func('int shm_unlink(const char *name)'),
      mmap: libc.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)'),
      munmap: libc.func('int munmap(void *address, size_t length)'),
      copy: libc.func('void *memcpy(void *to, const void *from, size_t length)'),
      /** 0, or an error number. macOS has no posix_fallocate, and takes one ftruncate a block. */
      reserve: (fd: number, length: number): number =>
        fallocate === undefined ? (ftruncate(fd, length) === 0 ? 0 : koffi.errno()) : fallocate(fd, 0, length),
      addressOf: (pointer: unknown): bigint => koffi.address(pointer),
      errno: (): number => koffi.errno(),
    };
  } catch (cause) {
    throw new WorkerCommunicationError('this platform has no shared memory that the server can reach', { cause });
  }
}
