// Whose a response is.
import type { FastifyRequest } from 'fastify';

/** Without keys everybody is one. */
export const holderOf = ({ holder }: FastifyRequest): string => holder?.fingerprint ?? '';
