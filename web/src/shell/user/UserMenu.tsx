import { ActionIcon, Group, type MantineColorScheme, Menu, useMantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconDots, IconKey, IconLogout, IconMoon, IconSun } from "@tabler/icons-react";
import { useState } from "react";
import { call } from "../../api/client";
import { client } from "../../api/queries";
import { useThisSystem } from "../../common/session";
import { failed } from "../../common/toast";
import { choose, LANGUAGES, type Language, language } from "../../format/language";
import { fetchOwnPassword } from "../../pages/pages";
import { texts } from "../../texts";
import { Fetched } from "../Fetched";

const SCHEMES = [
  { value: "light", Icon: IconSun },
  { value: "dark", Icon: IconMoon },
  { value: "auto", Icon: IconDeviceDesktop },
] as const;

export function UserMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { by_proxy, users_defined } = useThisSystem();
  const [changing, setChanging] = useState(false);
  const logout = () => call("PUT", "/logout").then(() => client.resetQueries({ queryKey: ["system"] }), failed);
  return (
    <>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={texts.common.more}>
            <IconDots size={20} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{texts.nav.theme.label}</Menu.Label>
          <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(value as MantineColorScheme)}>
            {SCHEMES.map(({ value, Icon }) => (
              <Menu.RadioItem key={value} value={value} closeMenuOnClick>
                <Group gap={10}>
                  <Icon size={17} aria-hidden />
                  {texts.nav.theme[value]}
                </Group>
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
          <Menu.Label>{texts.nav.language}</Menu.Label>
          <Menu.RadioGroup value={language} onChange={(value) => choose(value as Language)}>
            {Object.entries(LANGUAGES).map(([value, name]) => (
              <Menu.RadioItem key={value} value={value} lang={value} closeMenuOnClick>
                {name}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
          {users_defined && !by_proxy && (
            <>
              <Menu.Divider />
              <Menu.Item leftSection={<IconKey size={17} />} onClick={() => setChanging(true)}>
                {texts.ownPassword.action}
              </Menu.Item>
              <Menu.Item leftSection={<IconLogout size={17} />} onClick={logout}>
                {texts.nav.logout}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {changing && <Fetched fetch={fetchOwnPassword} close={() => setChanging(false)} />}
    </>
  );
}
