import { Skeleton, Stack } from "@mantine/core";
import { texts } from "../texts";

export function PageLoading() {
  return (
    <Stack gap="sm" role="status" aria-label={texts.common.loading}>
      <Skeleton height={34} width={180} mb="md" />
      {[0, 1, 2, 3, 4].map((row) => (
        <Skeleton key={row} height={64} radius="lg" />
      ))}
    </Stack>
  );
}
