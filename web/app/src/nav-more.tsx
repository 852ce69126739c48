// The places that find no room in a phone's bar.
import { MenuItemLink, MenuList } from "@fluentui/react-components";

import type { PlaceOf } from "./nav";
import { OpenedMenu } from "./opened";
import type { Opened } from "./opener";
import { isPlainClick, navigate } from "./router";
import { t } from "./words";

interface MorePlacesProps extends Opened {
  readonly places: readonly PlaceOf[];
  readonly now: PlaceOf | undefined;
}

export default function MorePlaces({
  places,
  now,
  ...opened
}: MorePlacesProps) {
  return (
    <OpenedMenu {...opened} position="above-end">
      <MenuList>
        {places.map((place) => (
          <MenuItemLink
            key={place.href}
            href={place.href}
            icon={place.icon}
            aria-current={place === now ? "page" : undefined}
            onClick={(event) => {
              if (!isPlainClick(event)) return;
              event.preventDefault();
              navigate(place.href);
            }}
          >
            {t(place.text)}
          </MenuItemLink>
        ))}
      </MenuList>
    </OpenedMenu>
  );
}
