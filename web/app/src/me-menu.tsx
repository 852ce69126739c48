// Who one is, and what one sets for oneself.
import {
  MenuDivider,
  MenuItem,
  MenuItemRadio,
  MenuList,
} from "@fluentui/react-components";
import {
  Keyboard20Regular,
  ShieldKeyhole20Regular,
  SignOut20Regular,
} from "@fluentui/react-icons";

import { attempt, me, signOut } from "./app";
import { list as listKeys } from "./keys/keys";
import { Name } from "./name";
import { SECURITY } from "./nav";
import { OpenedMenu } from "./opened";
import type { Opened } from "./opener";
import { navigate } from "./router";
import { CHOICES, type Choice, choose, useChoice } from "./theme";
import { t } from "./words";

export default function MeMenu(opened: Opened) {
  const { name, login } = me();
  const choice = useChoice();
  return (
    <OpenedMenu
      {...opened}
      position="below-end"
      checkedValues={{ theme: [choice] }}
      onCheckedValueChange={(_, { checkedItems }) =>
        choose((checkedItems[0] ?? "system") as Choice)
      }
    >
      <div className="me">
        <Name text={name} />
        {login !== undefined && <Name className="hint" text={login} />}
      </div>
      <MenuList>
        <MenuDivider />
        {CHOICES.map((one) => (
          <MenuItemRadio key={one} name="theme" value={one}>
            {t(`theme.${one}`)}
          </MenuItemRadio>
        ))}
        <MenuDivider />
        <MenuItem
          icon={<ShieldKeyhole20Regular />}
          onClick={() => navigate(SECURITY)}
        >
          {t("security.title")}
        </MenuItem>
        <MenuItem
          id="me-keys"
          icon={<Keyboard20Regular />}
          onClick={listKeys}
        >
          {t("keys.title")}
        </MenuItem>
        <MenuItem
          id="sign-out"
          icon={<SignOut20Regular />}
          onClick={() => void attempt(signOut)}
        >
          {t("signOut")}
        </MenuItem>
      </MenuList>
    </OpenedMenu>
  );
}
