"""What the API process is told by its environment."""

from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.keys import FILE_VARIABLE, HOW_TO_MAKE, VARIABLE, KeysInvalid, KeySource
from models.prices import PRICES_VARIABLE

_CHECKOUT = Path(__file__).resolve().parents[1]
MIN_KEY_CHARACTERS = 32
_WEAK = ("changeme", "secret", "password", "default", "example")


class Settings(BaseSettings):
    """Read from the environment; Temporal's own settings are read by its client besides."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    database_url: str = Field(validation_alias="DATABASE_URL")
    secret_key: SecretStr = Field(validation_alias="PASTETRADER_SECRET_KEY")
    encryption_keys: SecretStr | None = Field(None, validation_alias=VARIABLE)
    encryption_keys_file: Path | None = Field(None, validation_alias=FILE_VARIABLE)
    encrypt_payloads: bool = Field(False, validation_alias="PASTETRADER_ENCRYPT_PAYLOADS")
    artifacts: str = Field(validation_alias="PASTETRADER_ARTIFACTS")
    keep_artifacts_days: int = Field(
        90, ge=0, le=36_500, validation_alias="PASTETRADER_KEEP_ARTIFACTS_DAYS"
    )
    keep_executions_days: int = Field(
        0, ge=0, le=36_500, validation_alias="PASTETRADER_KEEP_EXECUTIONS_DAYS"
    )
    temporal_address: str | None = Field(None, validation_alias="TEMPORAL_ADDRESS")
    temporal_namespace: str = Field("default", validation_alias="TEMPORAL_NAMESPACE")
    temporal_ui: str | None = Field(None, validation_alias="PASTETRADER_TEMPORAL_UI")
    public_url: str | None = Field(None, validation_alias="PASTETRADER_PUBLIC_URL")
    smtp_url: SecretStr | None = Field(None, validation_alias="PASTETRADER_SMTP_URL")
    smtp_from: str | None = Field(None, validation_alias="PASTETRADER_SMTP_FROM")
    mcp_servers: Path | None = Field(None, validation_alias="PASTETRADER_MCP_SERVERS")
    model_prices: Path | None = Field(None, validation_alias=PRICES_VARIABLE)
    data_dir: Path | None = Field(None, validation_alias="PASTETRADER_DATA_DIR")
    designer: Path = Field(_CHECKOUT / "ui" / "out", validation_alias="PASTETRADER_DESIGNER")
    examples: Path = Field(_CHECKOUT / "examples", validation_alias="PASTETRADER_EXAMPLES")
    access_token_seconds: int = Field(15 * 60, ge=60, le=3600)
    refresh_token_days: int = Field(30, ge=1, le=365)
    secure_cookies: bool = Field(False, validation_alias="PASTETRADER_SECURE_COOKIES")
    max_body_bytes: int = Field(4 * 1024 * 1024, ge=64 * 1024)

    @property
    def sends_mail(self) -> bool:
        """Whether the workers, which share these two settings, can send e-mail."""
        return self.smtp_url is not None and self.smtp_from is not None

    @cached_property
    def keys(self) -> KeySource:
        """What secrets are sealed with. Raises `KeysInvalid`."""
        if self.encryption_keys_file is not None:
            return KeySource(file=self.encryption_keys_file)
        if self.encryption_keys is None:
            raise KeysInvalid(f"{FILE_VARIABLE} or {VARIABLE} must be set; {HOW_TO_MAKE}")
        return KeySource(self.encryption_keys.get_secret_value())

    @model_validator(mode="after")
    def _with_keys(self) -> "Settings":
        """Refuse to start without keys: what cannot be sealed must not be taken."""
        _ = self.keys
        return self

    @field_validator("secret_key")
    @classmethod
    def _strong(cls, value: SecretStr) -> SecretStr:
        """Refuse keys that could be guessed: this one signs every token."""
        key = value.get_secret_value()
        if len(key) < MIN_KEY_CHARACTERS or len(set(key)) < 10:
            raise ValueError(
                f"PASTETRADER_SECRET_KEY needs {MIN_KEY_CHARACTERS} random characters or more; "
                "make one with: openssl rand -base64 48"
            )
        if any(word in key.lower() for word in _WEAK):
            raise ValueError("PASTETRADER_SECRET_KEY looks like a placeholder; make a random one")
        return value
